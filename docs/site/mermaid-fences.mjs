/** A plugin of markdown-it: a fence of mermaid is a picture. @param {import('vitepress').MarkdownRenderer} md */
export function mermaidFences(md) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    return `<MermaidPicture code="${encodeURIComponent(content)}" />`;
  };
}
