import { DefinitionError } from '../../job/errors/index.ts';

/** The part of a key by which Redis Cluster chooses its node: what stands in its first braces. Null: the whole key. */
export function hashTag(key: string): string | null {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open >= 0 && close > open + 1 ? key.slice(open + 1, close) : null;
}

/**
 * A script runs on one node of a cluster. Redis would find a key of another one only when the script comes to it, with
 * half of a flow written.
 *
 * @param keys any key of each queue that the script touches
 * @throws DefinitionError when they are not bound to lie on one node
 */
export function refuseSeveralSlots(keys: readonly string[]): void {
  const tags = new Set(keys.map(hashTag));
  if (tags.has(null)) {
    throw new DefinitionError('on Redis Cluster a queue needs a hash tag: prefix or name in braces, as in {mail}');
  }
  if (tags.size > 1) {
    const named = [...tags].map((tag) => `{${tag}}`).join(', ');
    throw new DefinitionError(
      `on Redis Cluster the jobs of a flow need one hash tag in common, not ${named}: give their queues one prefix in braces`,
    );
  }
}
