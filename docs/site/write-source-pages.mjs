import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { addressOf, docs, isGenerated, pageOf, root, sourceFolder, targetOf } from './repository-links.mjs';

const languages = { '.mjs': 'js', '.lua': 'lua', '.ts': 'ts', '.json': 'json', '.yml': 'yaml', '.sh': 'sh' };
const notPages = ['node_modules/**', `${sourceFolder}/**`];

/** Writes a page for each file and folder outside docs/ that a page links to, so that the site needs no other host for them. */
export function writeSourcePages() {
  rmSync(join(docs, sourceFolder), { recursive: true, force: true });
  const seen = new Set();
  const visit = (page) => {
    for (const file of linksIn(page)) {
      if (seen.has(file) || !isGenerated(file)) continue;
      seen.add(file);
      writePage(file);
      if (extname(file) === '.md') visit(file);
    }
  };
  for (const page of globSync('**/*.md', { cwd: docs, exclude: notPages })) visit(join(docs, page));
}

function linksIn(page) {
  const links = readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].flatMap(([, href = '']) => targetOf(page, href)?.file ?? []);
}

function writePage(file) {
  const path = relative(root, file);
  const page = join(docs, pageOf(file));
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, statSync(file).isDirectory() ? listing(file, path) : textOf(file, path));
}

function textOf(file, path) {
  const text = readFileSync(file, 'utf8');
  if (extname(file) === '.md') return text;
  return `# ${path}\n\n\`\`\`\`\`\`${languages[extname(file)] ?? 'txt'}\n${text.trimEnd()}\n\`\`\`\`\`\`\n`;
}

function listing(folder, path) {
  const names = readdirSync(folder).filter((name) => name !== 'node_modules' && name !== 'dist');
  const lines = names.map((name) =>
    name.endsWith('.md') ? `- [${name}](${addressOf(join(folder, name))})` : `- \`${name}\``,
  );
  return `# ${path}\n\n${lines.join('\n')}\n`;
}
