import type { Setting } from './settings.ts';

/** The settings as a table of Markdown. */
export function renderSettingsTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ field, programs, descriptions }) => {
    const notes = field.secret ? ['Never printed.'] : [];
    const given = field.default === undefined ? (field.optional ? '' : '**must be set**') : `\`${field.default}\``;
    return [`\`${field.env}\``, programs.join(', '), given, field.form, [...descriptions, ...notes].join(' ')];
  });
  const lines = [['variable', 'read by', 'default', 'form', 'meaning'], ['---', '---', '---', '---', '---'], ...rows];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
