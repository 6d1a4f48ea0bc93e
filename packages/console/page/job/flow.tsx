import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import type { JobFlow, FlowJob } from '@sluice/queue';
import { jobLink } from '../links.ts';
import { count, plural } from '../ui/format.ts';

const outcomes = { unfinished: 'not ended', completed: 'completed', dead: 'dead' } as const;
const marks = { unfinished: '◌', completed: '✓', dead: '■' } as const;
const levels = { unfinished: 'nothing', completed: 'good', dead: 'bad' } as const;

/** The parent and the children of a job of a flow; nothing of one that stands alone. */
export function Flow({ queue, flow }: { queue: string; flow: JobFlow }): JSX.Element | null {
  const { parent, children, childrenTotal } = flow;
  if (!parent && childrenTotal === 0) return null;
  return (
    <section aria-labelledby="flow">
      <h3 id="flow">Flow</h3>
      {parent && (
        <p>
          Its parent: <Related queue={queue} of={parent} />
        </p>
      )}
      {childrenTotal > 0 && (
        <>
          <p>{plural(childrenTotal, 'child', 'children')}:</p>
          <ul class="flow" aria-label="Children">
            {children.map((child) => (
              <li key={`${child.queue} ${child.id}`}>
                <span class={levels[child.outcome]}>
                  {marks[child.outcome]} {outcomes[child.outcome]}
                </span>{' '}
                <Related queue={queue} of={child} />
              </li>
            ))}
          </ul>
          {childrenTotal > children.length && <p>{count(childrenTotal - children.length)} more are not listed.</p>}
        </>
      )}
    </section>
  );
}

function Related({ queue, of }: { queue: string; of: FlowJob }): JSX.Element {
  return (
    <>
      <Link href={jobLink(of.queue, of.id)}>{of.id}</Link>
      {of.queue !== queue && <small> of {of.queue}</small>}
    </>
  );
}
