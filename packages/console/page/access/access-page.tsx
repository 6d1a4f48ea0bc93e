import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiKey, AuditPage } from '@sluice/queue';
import { ask } from '../api/ask.ts';
import { useAsked } from '../api/use-asked.ts';
import { useShown } from '../live/use-live.ts';
import { useTitle } from '../shell/use-title.ts';
import { ActButton } from '../ui/act-button.tsx';
import { AskedState } from '../ui/asked-state.tsx';
import { Badge } from '../ui/badge.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Cell, Table } from '../ui/table.tsx';
import { When } from '../ui/time.tsx';

const KEY_COLUMNS = ['Client', 'Key', 'May', 'Queues', 'Made', 'Expires', 'Actions'] as const;
const AUDIT_COLUMNS = ['When', 'Who', 'What', 'Result'] as const;

/** Who may use the service, and what they have changed. */
export function AccessPage(): JSX.Element {
  useShown(null);
  useTitle('Keys and audit');
  const keys = useAsked<{ keys: ApiKey[] }>('v1/keys');
  const audit = useAsked<AuditPage>('v1/audit?limit=100', 5_000);
  return (
    <>
      <h1>Keys and audit</h1>
      <h2>API keys</h2>
      <AskedState asked={keys} />
      {keys.data && (
        <Table label="API keys" columns={KEY_COLUMNS}>
          {keys.data.keys.map((key) => (
            <KeyRow key={key.id} of={key} onChanged={keys.reload} />
          ))}
        </Table>
      )}
      <p>
        A key is made on the command line, which shows it once:{' '}
        <code>npx @sluice/cli keys add --client me --verbs read,operate</code>
      </p>
      <h2>What was changed</h2>
      <AskedState asked={audit} />
      {audit.data?.entries.length === 0 && <p>Nothing yet.</p>}
      {audit.data && audit.data.entries.length > 0 && (
        <Table label="What was changed" columns={AUDIT_COLUMNS}>
          {audit.data.entries.map(({ at, what }, index) => (
            <tr key={`${at} ${index}`} role="row" data-row>
              <Cell label="When">
                <When at={at} />
              </Cell>
              <Cell label="Who">{text(what['client'] ?? what['address'])}</Cell>
              <Cell label="What">
                {text(what['method'])} {text(what['route'])} {text(what['queue'])} {text(what['id'])}
              </Cell>
              <Cell label="Result">
                {text(what['status'])} {text(what['effect'])}
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function KeyRow({ of, onChanged }: { of: ApiKey; onChanged: () => void }): JSX.Element {
  const [isAsked, setAsked] = useState(false);
  const revoke = async (): Promise<string> => {
    await ask(`v1/keys/${of.id}`, { method: 'DELETE' });
    onChanged();
    return 'Within seconds, no service takes the key any more.';
  };
  return (
    <tr role="row" data-row>
      <th role="rowheader" scope="row">
        <span class="name">{of.client}</span>
        {of.revokedAt !== null && <Badge level="plain" word="revoked" />}
      </th>
      <Cell label="Key">
        <code>{of.id}</code>
      </Cell>
      <Cell label="May">{of.verbs.join(', ')}</Cell>
      <Cell label="Queues">{of.queues.includes('*') ? 'all' : of.queues.join(', ')}</Cell>
      <Cell label="Made">
        <When at={of.createdAt} />
      </Cell>
      <Cell label="Expires">{of.expiresAt === null ? 'never' : <When at={of.expiresAt} />}</Cell>
      <Cell label="Actions">
        <ActButton reason={of.revokedAt === null ? null : 'it is revoked'} onAct={() => setAsked(true)}>
          Revoke …
        </ActButton>
        {isAsked && (
          <Confirm
            title={`Revoke a key of ${of.client}?`}
            verb="Revoke"
            kind="danger"
            onRun={revoke}
            onClose={() => setAsked(false)}
          >
            <p>Whatever still uses it is refused.</p>
          </Confirm>
        )}
      </Cell>
    </tr>
  );
}

/** What the service wrote down, whatever it was. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
