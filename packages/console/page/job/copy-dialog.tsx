import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsoleJob } from '@sluice/http/console';
import { Dialog } from '../ui/dialog.tsx';

interface CopyDialogProps {
  readonly queue: string;
  readonly job: string;
  readonly texts: NonNullable<ConsoleJob['texts']>;
  readonly onClose: () => void;
}

/** The job as commands that put another one like it. */
export function CopyDialog({ queue, job, texts: { payload }, onClose }: CopyDialogProps): JSX.Element {
  const base = location.href.replace(/#.*$/, '');
  const body = `{"job":${JSON.stringify(job)},"payload":${payload}}`;
  const url = `${base}v1/queues/${encodeURIComponent(queue)}/jobs`;
  return (
    <Dialog title="Put another one like it" onClose={onClose}>
      <Copied
        name="With the command line"
        text={`npx @sluice/cli put ${quoted(queue)} ${quoted(job)} ${quoted(payload)}`}
      />
      <Copied
        name="With curl"
        text={`curl -i ${quoted(url)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(body)}`}
      />
      <p class="actions">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  );
}

function Copied({ name, text }: { name: string; text: string }): JSX.Element {
  const [state, setState] = useState('Copy');
  // Over plain HTTP from another machine the browser offers no clipboard: then the text is there to be selected.
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setState('Copied'),
      () => setState('The browser does not allow it: select the text'),
    );
  };
  return (
    <>
      <h3>{name}</h3>
      <pre tabIndex={0} aria-label={name}>
        {text}
      </pre>
      {isSecureContext && (
        <button type="button" onClick={copy}>
          {state}
        </button>
      )}
    </>
  );
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
