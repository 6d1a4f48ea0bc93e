import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsoleJob } from '@sluice/http/console';
import { ask, ofQueue } from '../api/ask.ts';
import { Confirm } from '../ui/confirm.tsx';
import { prettyJson } from './pretty-json.ts';

interface EditDialogProps {
  readonly queue: string;
  readonly id: string;
  readonly texts: NonNullable<ConsoleJob['texts']>;
  readonly details: NonNullable<ConsoleJob['details']>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Changes a job that waits. Only what was changed is sent, the payload as the text that it is, so that no digit is lost. */
export function EditDialog({ queue, id, texts, details, onDone, onClose }: EditDialogProps): JSX.Element {
  const before = prettyJson(texts.payload);
  const [payload, setPayload] = useState(before);
  const [priority, setPriority] = useState(details.priority === null ? '' : String(details.priority));
  const [delay, setDelay] = useState('');
  const edit = async (): Promise<string> => {
    const parts: string[] = [];
    if (payload !== before) parts.push(`"payload":${checkJson(payload)}`);
    if (priority !== (details.priority === null ? '' : String(details.priority)))
      parts.push(`"priority":${priority === '' ? 'null' : Number(priority)}`);
    if (delay !== '') parts.push(`"delayMs":${Math.round(Number(delay) * 1_000)}`);
    if (parts.length === 0) throw new Error('Nothing was changed.');
    await ask(ofQueue(queue, `jobs/${encodeURIComponent(id)}`), { method: 'PATCH', text: `{${parts.join(',')}}` });
    onDone();
    return 'The job is changed.';
  };
  return (
    <Confirm title={`Edit ${id}`} verb="Save" onRun={edit} onClose={onClose}>
      <label class="field">
        <span>Payload, JSON</span>
        <textarea
          class="mono"
          rows={12}
          spellcheck={false}
          value={payload}
          onInput={(event) => setPayload(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Priority, 1 is most urgent; empty for none, which comes before all</span>
        <input type="number" min={1} value={priority} onInput={(event) => setPriority(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>Seconds until it may start; empty to leave that</span>
        <input
          type="number"
          min={0}
          step="any"
          value={delay}
          onInput={(event) => setDelay(event.currentTarget.value)}
        />
      </label>
    </Confirm>
  );
}

/** @throws Error with the browser's words for what is wrong */
function checkJson(text: string): string {
  JSON.parse(text);
  return text;
}
