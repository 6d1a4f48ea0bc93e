import { useLive } from '../live/use-live.ts';

/** Whether the page may change anything. */
export function useChange(): { readonly reason: string | null } {
  const { readOnly } = useLive();
  return {
    reason: readOnly
      ? 'This page may only look. To change anything, the service must be started with SLUICE_HTTP_OPERATOR=true, or you need an API key that may operate.'
      : null,
  };
}
