import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../contracts/job-contract.ts';
import { decodeResult } from './decode.ts';
import { encodePayload, encodeResult } from './encode.ts';
import { writeJson } from './exact-json.ts';
import { exactJson } from './exact-members.ts';
import { exactValue, JsonText, memberText } from './json-text.ts';

const job = defineJob({
  name: 'read',
  payload: z.object({ given: z.unknown() }),
  result: z.object({
    before: z.string(),
    body: exactJson(z.unknown()).optional(),
    after: z.number(),
    other: z.unknown().optional(),
  }),
});

describe('a JsonText', () => {
  it.each(['{"a":1,"a":2}', '{"2":1,"1":2}', '[9007199254740993,-0,1.0,1e999]', '"\\u00e9"'])('holds %s', (text) => {
    expect(exactValue(text)).toEqual(new JsonText(text));
    expect(writeJson({ body: exactValue(text) })).toBe(`{"body":${text}}`);
  });

  it.each(['{"a":[1,null,true,"é \\\\ \\""],"__proto__":2}', '[]', '"text"', 'null', '0.5'])(
    'is not needed for %s',
    (text) => {
      expect(exactValue(text)).not.toBeInstanceOf(JsonText);
      expect(writeJson(exactValue(text))).toBe(text);
    },
  );

  it('has no white space, and loses none that is in a string', () => {
    expect(new JsonText(' {\n"a b" :\t[ 1.0 , "\\" : , \\\\" , "" ]\r\n} ').text).toBe(
      '{"a b":[1.0,"\\" : , \\\\",""]}',
    );
  });

  it('is JSON, or none', () => {
    for (const text of ['', '{', '1.', "{'a':1}", '1 2']) expect(() => new JsonText(text)).toThrow(SyntaxError);
  });

  it('is what can be parsed of it for other writers of JSON', () => {
    expect(JSON.stringify([new JsonText('[1.10]')])).toBe('[[1.1]]');
  });

  it('stands where it stood among others, as often as it does', () => {
    const one = new JsonText('1.0');
    expect(writeJson([one, '1.0', { x: one, y: -0 }])).toBe('[1.0,"1.0",{"x":1.0,"y":-0}]');
  });

  it('of 256 KiB is made and written in one go', () => {
    const text = `["${'\\u00e9'.repeat(40_000)}",${'1.0,'.repeat(5_000)}1]`;
    expect(writeJson(exactValue(text))).toBe(text);
  });
});

describe('memberText', () => {
  const json = '{"a":{"b":1,"c":[2,{"b":"}"}]}, "b" : [ 1.0 , "," ] ,"c":"b\\",:","\\u0064":-0}';

  it.each([
    ['a', '{"b":1,"c":[2,{"b":"}"}]}'],
    ['b', '[ 1.0 , "," ]'],
    ['c', '"b\\",:"'],
    ['d', '-0'],
    ['e', undefined],
  ])('finds %s', (name, text) => {
    expect(memberText(json, name)).toBe(text);
  });

  it.each(['{}', '[]', '1', '[{"a":1}]'])('finds nothing in %s', (other) => {
    expect(memberText(other, 'a')).toBeUndefined();
  });
});

describe('a result with a JsonText', () => {
  const result = { before: 'body', after: 1.5 };

  it.each(['{"a":1,"a":[1.0]}', '1.0', '[12345678901234567890]'])('brings %s back', async (text) => {
    const { json } = await encodeResult(job, { ...result, body: exactValue(text) });
    expect(json).toContain(`"body":${text}`);
    const read = await decodeResult(job, json);
    expect(read).toMatchObject(result);
    expect(writeJson(read.body)).toBe(text);
  });

  it('is held to the limit of a result', async () => {
    const body = new JsonText(`[${'1.0,'.repeat(70_000)}1]`);
    await expect(encodeResult(job, { ...result, body })).rejects.toMatchObject({ code: 'SLUICE_TOO_LARGE' });
  });

  it('is refused where its reader would not know of it', async () => {
    const text = new JsonText('1.0');
    await expect(encodeResult(job, { ...result, other: text })).rejects.toThrow('other: is a JsonText');
    await expect(encodeResult(job, { ...result, body: [text] })).rejects.toThrow('body[0]: is a JsonText');
    await expect(encodePayload(job, { given: text })).rejects.toThrow('given: is a JsonText');
  });
});
