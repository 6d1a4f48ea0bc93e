import { parseJobId } from '../../job/contracts/job-id.ts';
import { FlowInvalidError, JobIdInvalidError, type OptionProblem, type SchemaIssue } from '../../job/errors/index.ts';
import { findOptionProblems } from '../../job/options/check-options.ts';
import * as optionRule from '../../job/options/option-rules.ts';
import { type FlowNodeOptions, flowJobRules } from './flow-node.ts';

/** What a flow that came as JSON may hold. */
export const flowTreeLimits = {
  /** Jobs in all: what one call takes. */
  jobsMax: 1_000,
  /** How many jobs stand below each other. */
  depthMax: 20,
} as const;

/** A job of a flow as JSON has it, with names instead of contracts and queues. */
export interface FlowTree {
  /** The name of its contract. */
  readonly job: string;
  /** As it came: its contract is still to check it. */
  readonly payload: unknown;
  /** The name of its queue; undefined: that of its parent. */
  readonly queue: string | undefined;
  /** What it asks for besides. */
  readonly options: Omit<FlowNodeOptions, 'queue' | 'children'>;
  /** The jobs that it waits for. */
  readonly children: readonly FlowTree[];
}

export type FlowPath = SchemaIssue['path'];

/** A list of more helps nobody, and a stranger may have written the flow. */
const ISSUES_MAX = 100;

/** What is wrong with a flow, by the paths from its root. */
export class FlowIssues {
  readonly #issues: SchemaIssue[] = [];

  /** @throws FlowInvalidError when there are as many as are told */
  add(path: FlowPath, message: string): void {
    this.#issues.push({ path, message });
    if (this.#issues.length >= ISSUES_MAX) this.throwIfAny();
  }

  addProblems(path: FlowPath, problems: readonly OptionProblem[]): void {
    for (const { option, message } of problems) {
      const words = message.startsWith(`${option} `) ? message.slice(option.length + 1) : message;
      this.add(option === 'options' ? path : [...path, option], words);
    }
  }

  throwIfAny(): void {
    if (this.#issues.length > 0) throw new FlowInvalidError(this.#issues);
  }
}

const rules: optionRule.OptionRules = {
  job: optionRule.required({ must: 'be the name of a contract', holds: (value) => typeof value === 'string' }),
  payload: optionRule.anything,
  queue: { must: 'be the name of a queue', holds: (value) => typeof value === 'string' },
  children: { must: 'be a list of jobs', holds: Array.isArray },
  ...flowJobRules,
};

type Given = Omit<FlowTree, 'children'> & FlowTree['options'] & { readonly children?: readonly unknown[] };

/**
 * Reads a flow that came as JSON: `{ "job", "payload", "children": [ … ] }` with the options of `flow` and the name of a `queue`
 * for each job. Payloads are not looked into; {@link flowOfTree} does that.
 *
 * @throws FlowInvalidError with all that is wrong and where; for more than 1,000 jobs, or more than 20 below each other
 */
export function readFlowTree(given: unknown): FlowTree {
  const issues = new FlowIssues();
  let jobs = 0;
  const read = (node: unknown, path: FlowPath, depth: number): FlowTree[] => {
    jobs += 1;
    if (jobs > flowTreeLimits.jobsMax) throw tooBig(`has more than ${shown(flowTreeLimits.jobsMax)} jobs`);
    if (depth > flowTreeLimits.depthMax) throw tooBig(`has more than ${flowTreeLimits.depthMax} jobs below each other`);
    const problems = optionRule.isObject(node) ? findOptionProblems(rules, node) : null;
    if (!problems) issues.add(path, 'must be an object with a job and its payload');
    else issues.addProblems(path, problems);
    if (!problems || problems.some(({ option }) => option === 'children')) return [];
    const { job, payload, queue, children = [], ...options } = node as Given;
    checkId(options.id, path, issues);
    const below = children.flatMap((child, index) => read(child, [...path, 'children', index], depth + 1));
    return [{ job, payload, queue, options, children: below }];
  };
  const [tree] = read(given, [], 1);
  issues.throwIfAny();
  if (!tree) throw new TypeError('a flow without a root has an issue');
  return tree;
}

function checkId(id: unknown, path: FlowPath, issues: FlowIssues): void {
  if (typeof id !== 'string') return;
  try {
    parseJobId(id);
  } catch (error) {
    if (!(error instanceof JobIdInvalidError)) throw error;
    issues.add([...path, 'id'], error.message);
  }
}

function tooBig(message: string): FlowInvalidError {
  return new FlowInvalidError([{ path: [], message }]);
}

function shown(count: number): string {
  return count.toLocaleString('en');
}
