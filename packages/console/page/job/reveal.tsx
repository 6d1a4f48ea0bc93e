import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SecretField } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { ActButton } from '../ui/act-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useChange } from '../ui/use-change.ts';
import { prettyJson } from './pretty-json.ts';

/** What stands in place of a secret. */
export const HIDDEN = '[hidden]';

/** Shows the secret fields of a job, to those who may, until the dialog is closed. */
export function Reveal({ queue, id }: { queue: string; id: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const { reason } = useChange('admin');
  return (
    <>
      <ActButton reason={reason} onAct={() => setOpen(true)}>
        Reveal hidden fields …
      </ActButton>
      {isOpen && <RevealDialog queue={queue} id={id} onClose={() => setOpen(false)} />}
    </>
  );
}

function RevealDialog({ queue, id, onClose }: { queue: string; id: string; onClose: () => void }): JSX.Element {
  const [fields, setFields] = useState<readonly SecretField[] | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const reveal = (): void => {
    ask<{ fields: SecretField[] }>(ofQueue(queue, `jobs/${encodeURIComponent(id)}/reveal`), { method: 'POST' }).then(
      (answer) => setFields(answer.fields),
      (error: Error) => setFailed(error.message),
    );
  };
  return (
    <Dialog title={`Hidden fields of ${id}`} onClose={onClose}>
      {fields === null ? (
        <p>The audit log notes who looked at them.</p>
      ) : (
        <dl class="pairs secrets">
          {fields.map(({ path, json }) => (
            <div key={path}>
              <dt>{path}</dt>
              <dd>
                <code>{prettyJson(json)}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {fields?.length === 0 && <p>The payload has none.</p>}
      {failed !== null && (
        <p class="bad" role="alert">
          {failed}
        </p>
      )}
      <p class="actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
        {fields === null && (
          <button type="button" class="primary" onClick={reveal}>
            Reveal
          </button>
        )}
      </p>
    </Dialog>
  );
}
