import { expect, it } from 'vitest';
import { readCrashes } from './job-crashes.ts';

it.each([
  ['as it is written', '[[1700,3,"w","machine",2]]', { evidence: 'machine', delivery: 2 }],
  ['of an older version, alone', '[[1700,1,"w"]]', { evidence: 'alone', delivery: null }],
  ['of an older version, with others', '[[1700,3,"w"]]', { evidence: 'shared', delivery: null }],
  ['of a newer version', '[[1700,3,"w","flood",2,7]]', { evidence: 'shared', delivery: 2 }],
])('reads a crash %s', (_how, json, crash) => {
  expect(readCrashes(json)).toMatchObject([{ at: 1_700, worker: 'w', ...crash }]);
});

it.each([null, undefined, '', '{', '{}', '[1]', '[["a",1,"w"]]'])('reads none from %j', (json) => {
  expect(readCrashes(json)).toEqual([]);
});
