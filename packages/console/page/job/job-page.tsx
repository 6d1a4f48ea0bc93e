import type { JSX } from 'preact';
import { Link, useParams } from 'wouter-preact';
import type { ConsoleJob } from '@sluice/http/console';
import { useAsked } from '../api/use-asked.ts';
import { queueLink } from '../links.ts';
import { useShown } from '../live/use-live.ts';
import { useTitle } from '../shell/use-title.ts';
import { AskedState } from '../ui/asked-state.tsx';
import { StateWord } from '../ui/state-word.tsx';
import { Flow } from './flow.tsx';
import { JobActions } from './job-actions.tsx';
import { JobFacts } from './job-facts.tsx';
import { prettyJson } from './pretty-json.ts';
import { reasonText } from './reason-text.ts';
import { HIDDEN, Reveal } from './reveal.tsx';
import { Timeline } from './timeline.tsx';

/** One job: where it is and why, its life, and what it carries. */
export function JobPage(): JSX.Element {
  const params = useParams<{ queue: string; id: string }>();
  const [queue, id] = [decodeURIComponent(params.queue), decodeURIComponent(params.id)];
  useShown(queue);
  useTitle(`${id} · ${queue}`);
  const asked = useAsked<ConsoleJob>(
    `v1/console/queues/${encodeURIComponent(queue)}/jobs/${encodeURIComponent(id)}`,
    2_000,
  );
  const job = asked.data;
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <Link href="/">Queues</Link> <span aria-hidden="true">/</span>{' '}
        <Link href={queueLink(queue, 'jobs')}>{queue}</Link> <span aria-hidden="true">/</span>
      </nav>
      <div class="head">
        <h1 class="id">{id}</h1>
        {job && <StateWord state={job.why.state} />}
        {job && <span>{job.why.job}</span>}
      </div>
      <AskedState asked={asked} />
      {job && (
        <>
          <JobActions queue={queue} id={id} job={job} onChanged={asked.reload} />
          <Reasons job={job} />
          <div class="columns">
            <section aria-labelledby="life">
              <h2 id="life">Timeline</h2>
              <Timeline why={job.why} />
            </section>
            <section aria-labelledby="carries">
              <h2 id="carries">What it carries</h2>
              {job.texts && <Texts queue={queue} id={id} job={job} texts={job.texts} />}
              <JobFacts job={job} />
              {job.flow && <Flow queue={queue} flow={job.flow} />}
            </section>
          </div>
        </>
      )}
    </>
  );
}

function Reasons({ job: { why } }: { job: ConsoleJob }): JSX.Element | null {
  const { failure, reasons, state } = why;
  if (failure === null && reasons.length === 0) return null;
  return (
    <div class={state === 'dead' ? 'why bad-why' : 'why'}>
      {reasons.length > 0 && (
        <ul aria-label="Why it does not run">
          {reasons.map((reason) => (
            <li key={JSON.stringify(reason)}>{reasonText(reason)}</li>
          ))}
        </ul>
      )}
      {failure !== null && (
        <p>
          {state === 'dead' ? 'It died: ' : 'Its last attempt failed: '}
          <span class="bad">{failure.code}</span> {failure.message}
        </p>
      )}
    </div>
  );
}

interface TextsProps {
  readonly queue: string;
  readonly id: string;
  readonly job: ConsoleJob;
  readonly texts: NonNullable<ConsoleJob['texts']>;
}

function Texts({ queue, id, job: { stacks, why }, texts }: TextsProps): JSX.Element {
  const { payload, result, options, logs, logsTotal } = texts;
  return (
    <>
      <div class="title-line">
        <h3>Payload</h3>
        {payload.includes(HIDDEN) && <Reveal queue={queue} id={id} />}
      </div>
      <pre tabIndex={0} aria-label="Payload">
        {prettyJson(payload)}
      </pre>
      {result !== null && (
        <>
          <h3>Result</h3>
          <pre tabIndex={0} aria-label="Result">
            {prettyJson(result)}
          </pre>
        </>
      )}
      {logsTotal > 0 && (
        <details open>
          <summary>
            {logTitle(why.attempts.deliveries)}
            {logsTotal > logs.length && `, the last ${logs.length} of ${logsTotal} lines`}
          </summary>
          <pre tabIndex={0} aria-label="Log">
            {logs.join('\n')}
          </pre>
        </details>
      )}
      {stacks.length > 0 && (
        <details>
          <summary>Stack traces</summary>
          <pre tabIndex={0} aria-label="Stack traces">
            {stacks.join('\n\n')}
          </pre>
        </details>
      )}
      <details>
        <summary>Options as stored</summary>
        <pre tabIndex={0} aria-label="Options as stored">
          {prettyJson(options)}
        </pre>
      </details>
    </>
  );
}

/** BullMQ keeps lines without their attempt: only where there was one, it is known. */
function logTitle(deliveries: number): string {
  return deliveries === 1 ? 'Log of its one attempt' : `Log of all ${deliveries} attempts`;
}
