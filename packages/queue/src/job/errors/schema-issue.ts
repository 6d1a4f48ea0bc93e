/** One thing that is wrong with a payload or a result, and where. */
export interface SchemaIssue {
  /** Keys and indexes from the root to the place; empty for the root. */
  path: (string | number)[];
  /** What is wrong there, in the schema's words. */
  message: string;
}

/** `a.b[2]`, or `(root)` when the path is empty. */
export function describePath(path: readonly (string | number)[]): string {
  if (path.length === 0) return '(root)';
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part)).join('');
}

const SHOWN_MAX = 5;

/** The first five issues in one line, and how many more there are: a message, not a dump. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, SHOWN_MAX).map((issue) => `${describePath(issue.path)}: ${issue.message}`);
  const more = issues.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ');
}
