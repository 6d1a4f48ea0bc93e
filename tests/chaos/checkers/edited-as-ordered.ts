import type { Violation } from '@sluice/testing/history';
import type { JobEntry } from '@sluice/testing/queue-log';
import { deliveryFinder, type Evidence, factsOf } from './evidence.ts';

/**
 * Edits: what runs is the payload that the last edit before the take left. One that was confirmed has changed the job, one that was
 * refused has not, nobody else has, and none has changed a job that ran or had ended.
 *
 * Kinds: `edited-and-not`, `refused-but-edited`, `edited-unasked`, `edited-while-active`, `edited-after-end`, `ran-another-payload`.
 */
export function editedAsOrdered(evidence: Evidence): Violation[] {
  const { jobs } = evidence.queueLog;
  const made = new Set(jobs.flatMap(({ edits }) => edits.map(({ data }) => orderOf(editIn(data)))));
  const wrongAnswers = factsOf(evidence, 'order-answered').flatMap((fact) => {
    const { order, id = '', answer } = fact;
    if (!order.startsWith(prefix) || (answer === 'edited') === made.has(order)) return [];
    const kind = answer === 'edited' ? 'edited-and-not' : 'refused-but-edited';
    return [{ kind, id, message: `${order} of job ${id} was answered: ${answer}, and is not so`, evidence: [fact] }];
  });
  const asked = new Set(factsOf(evidence, 'order-sent').map(({ order }) => order));
  return [...wrongAnswers, ...jobs.flatMap((job) => editsOf(job, asked)), ...ranOthers(evidence)];
}

function editsOf({ id, edits, deliveries, end }: JobEntry, asked: ReadonlySet<string>): Violation[] {
  return edits.flatMap(({ in: index, data }) => {
    const order = orderOf(editIn(data));
    const about = { id, evidence: [] };
    const ran = deliveries.some((each) => each.takenIn < index && index < ((each.end ?? end)?.in ?? Infinity));
    const found: Violation[] = [];
    if (!asked.has(order))
      found.push({ ...about, kind: 'edited-unasked', message: `nobody gave ${order} of job ${id}` });
    if (ran) found.push({ ...about, kind: 'edited-while-active', message: `${order} changed job ${id}, which ran` });
    if (end && index > end.in)
      found.push({ ...about, kind: 'edited-after-end', message: `${order} changed job ${id}, which had ended` });
    return found;
  });
}

function ranOthers(evidence: Evidence): Violation[] {
  const { jobs } = evidence.queueLog;
  const deliveryOf = deliveryFinder(jobs);
  const jobOf = new Map(jobs.flatMap((job) => job.deliveries.map((delivery) => [delivery, job])));
  return factsOf(evidence, 'delivered').flatMap((run) => {
    const delivery = deliveryOf(run);
    const job = delivery && jobOf.get(delivery);
    if (!job) return []; // the rule of the fence has it
    const left = job.edits.findLast((edit) => edit.in < delivery.takenIn);
    const expected = left && editIn(left.data);
    if (run.edit === expected) return [];
    const message = `job ${run.id} ran with the payload of ${run.edit ?? 'its put'}, and ${expected ?? 'its put'} had left its own`;
    return [{ kind: 'ran-another-payload', id: run.id, message, evidence: [run] }];
  });
}

const prefix = 'edit: ';

function orderOf(edit: string | undefined): string {
  return `${prefix}${edit}`;
}

function editIn(data: string): string | undefined {
  return (JSON.parse(data) as { edit?: string }).edit;
}
