import type { RecordedFact } from '@sluice/testing/history';
import type { Evidence } from './evidence.ts';

/** What the history says about all puts and cancels of one tag. */
export interface Account {
  sent: number;
  answered: number;
  /** Answered as a new job. */
  created: number;
  refused: number;
  /** Error codes of the puts that may have added a job. Puts without any answer are in none of these counts. */
  codes: string[];
  cancels: number;
  /** Cancels that were answered with `cancelled`. */
  cancelled: number;
  facts: RecordedFact[];
}

/** The accounts of all tags. */
export function accountsIn({ history }: Pick<Evidence, 'history'>): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const fact of history.facts) {
    if (fact.type.startsWith('put-') || fact.type.startsWith('cancel-')) enter(accounts, fact);
  }
  return accounts;
}

/** How many puts of this tag may have added a job. */
export function mayHaveAdded({ sent, answered, created, refused }: Account): number {
  return sent - refused - (answered - created);
}

function enter(accounts: Map<string, Account>, fact: RecordedFact): void {
  if (!('id' in fact)) return;
  const account = accounts.get(fact.id) ?? open();
  accounts.set(fact.id, account);
  account.facts.push(fact);
  switch (fact.type) {
    case 'put-sent':
      return void (account.sent += 1);
    case 'put-answered':
      account.answered += 1;
      return void (account.created += fact.status === 'created' ? 1 : 0);
    case 'put-refused':
      return void (account.refused += 1);
    case 'put-unknown':
      return void account.codes.push(fact.code);
    case 'cancel-sent':
      return void (account.cancels += 1);
    case 'cancel-answered':
      return void (account.cancelled += fact.answer === 'removed' ? 1 : 0);
    default: // facts about runs belong to no account
  }
}

function open(): Account {
  return { sent: 0, answered: 0, created: 0, refused: 0, codes: [], cancels: 0, cancelled: 0, facts: [] };
}
