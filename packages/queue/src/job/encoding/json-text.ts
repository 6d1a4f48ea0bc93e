/**
 * A JSON text that is carried as it is, for what the values of JavaScript cannot hold: digits beyond a double, the order of
 * keys that look like numbers, keys that stand there twice. `writeJson` writes the text; any other writer of JSON gets
 * what can be parsed of it.
 */
export class JsonText {
  /** Without white space between its parts. */
  readonly text: string;

  /** @throws SyntaxError when it is no JSON */
  constructor(text: string) {
    JSON.parse(text);
    this.text = minified(text);
  }

  /** The parsed value, for `JSON.stringify`. Not exact; `stringifyJson` writes the text itself. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** The value of a JSON text: as plain data where that writes the same text again, white space aside, else as {@link JsonText}. */
export function exactValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const exact = new JsonText(text);
  return JSON.stringify(value) === exact.text ? value : exact;
}

/** Strings, which stand as they are; what is between them may hold white space. */
const STRING_OR_SPACE = /("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g;

function minified(text: string): string {
  return text.replace(STRING_OR_SPACE, '$1');
}

/** All that JSON is made of, but for white space. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** The text of a member of an object, as it stands in the object's JSON; undefined when it has none of this name. */
export function memberText(json: string, name: string): string | undefined {
  let depth = 0;
  let key = '';
  let start = -1;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const isEnd = depth === 1 && (token === ',' || token === '}');
    if (isEnd && start !== -1 && key === name) return json.slice(start, index).trim();
    if (depth === 1 && token === ':') start = index + 1;
    else if (isEnd) start = -1;
    else if (depth === 1 && start === -1 && token.startsWith('"')) key = JSON.parse(token) as string;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
  }
  return undefined;
}
