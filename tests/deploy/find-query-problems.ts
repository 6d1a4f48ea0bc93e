import { parser } from '@prometheus-io/lezer-promql';
import type { ExportedMetric } from './exported-metrics.ts';

interface SyntaxNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly firstChild: SyntaxNode | null;
  readonly nextSibling: SyntaxNode | null;
}

/**
 * What is wrong with a PromQL query: that it is none, or names a metric, a label or an outcome that nothing exports. A label by
 * which something is grouped must be one of each metric in what is grouped.
 */
export function findQueryProblems(query: string, exported: ReadonlyMap<string, ExportedMetric>): string[] {
  const problems: string[] = [];
  const textOf = ({ from, to }: SyntaxNode): string => query.slice(from, to);
  const tree = parser.parse(query);
  tree.iterate({
    enter: ({ type, from, node }) => {
      if (type.isError) problems.push(`no PromQL at ${from}`);
      if (type.name === 'VectorSelector') problems.push(...selectorProblems(node, textOf, exported));
      if (type.name === 'AggregateExpr') problems.push(...groupingProblems(node, textOf, exported));
    },
  });
  return [...new Set(problems)];
}

function selectorProblems(
  selector: SyntaxNode,
  textOf: (node: SyntaxNode) => string,
  exported: ReadonlyMap<string, ExportedMetric>,
): string[] {
  const [name = ''] = all(selector, 'Identifier').map(textOf);
  const metric = exported.get(name);
  if (!metric) return [`${name} is not exported`];
  return all(selector, 'UnquotedLabelMatcher').flatMap((matcher) => {
    const [label = ''] = all(matcher, 'LabelName').map(textOf);
    if (!metric.labels.has(label)) return [`${name} has no label ${label}`];
    if (label !== 'outcome') return [];
    const values = all(matcher, 'StringLiteral').flatMap((value) => textOf(value).slice(1, -1).split('|'));
    return values.filter((value) => !metric.outcomes.has(value)).map((value) => `${name} has no outcome ${value}`);
  });
}

function groupingProblems(
  aggregate: SyntaxNode,
  textOf: (node: SyntaxNode) => string,
  exported: ReadonlyMap<string, ExportedMetric>,
): string[] {
  const [modifier] = children(aggregate).filter(({ name }) => name === 'AggregateModifier');
  if (!modifier) return [];
  const labels = all(modifier, 'LabelName').map(textOf);
  const names = all(aggregate, 'VectorSelector').flatMap((selector) => all(selector, 'Identifier').map(textOf));
  return names.flatMap((name) =>
    labels
      .filter((label) => !exported.get(name)?.labels.has(label) && !(label === 'le' && name.endsWith('_bucket')))
      .map((label) => `${name} has no label ${label}`),
  );
}

function children({ firstChild }: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

/** The nodes of this name below a node. */
function all(node: SyntaxNode, name: string): SyntaxNode[] {
  return children(node).flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}
