/** JSON with line breaks, every digit and escape as it was: it is never parsed. Text that is no JSON stays as it is. */
export function prettyJson(text: string): string {
  if (!isJson(text)) return text;
  let depth = 0;
  let pretty = '';
  let isOpen = false;
  for (const [token = ''] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    if (token === '}' || token === ']') {
      depth -= 1;
      pretty += isOpen ? token : `\n${indent(depth)}${token}`;
    } else if (token === '{' || token === '[') {
      if (isOpen) pretty += `\n${indent(depth)}`;
      depth += 1;
      pretty += token;
    } else {
      if (isOpen) pretty += `\n${indent(depth)}`;
      pretty += token === ',' ? `,\n${indent(depth)}` : token === ':' ? ': ' : token;
    }
    isOpen = token === '{' || token === '[';
  }
  return pretty;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Deeper than this, lines begin no further to the right. */
function indent(depth: number): string {
  return '  '.repeat(Math.min(depth, 40));
}
