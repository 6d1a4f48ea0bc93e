import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** A button that is never missing: where it can do nothing, it says why. */
export function ActButton({
  onAct,
  reason = null,
  kind,
  children,
}: {
  onAct: () => void;
  /** Why it cannot be pressed; null when it can. */
  reason?: string | null;
  kind?: 'primary' | 'danger';
  children: ComponentChildren;
}): JSX.Element {
  const id = useId();
  return (
    <>
      <button
        type="button"
        class={kind}
        aria-disabled={reason !== null}
        aria-describedby={reason === null ? undefined : id}
        title={reason ?? undefined}
        onClick={() => reason === null && onAct()}
      >
        {children}
      </button>
      {reason !== null && (
        <span id={id} class="hidden">
          {reason}
        </span>
      )}
    </>
  );
}
