import { useSession } from '../access/session.ts';
import { useLive } from '../live/use-live.ts';

/**
 * Whether the page may change anything, and if not, why.
 *
 * @param verb what the route behind it asks for: `operate` acts on jobs, workers and schedules, `admin` on whole queues and keys
 */
export function useChange(verb: 'operate' | 'admin' = 'operate'): { readonly reason: string | null } {
  const { readOnly } = useLive();
  const { session } = useSession();
  if (readOnly)
    return {
      reason:
        'This page may only look. To change anything, the service must be started with SLUICE_HTTP_OPERATOR=true, or you need an API key that may operate.',
    };
  return { reason: session.verbs.includes(verb) ? null : `This needs an API key that may ${verb}.` };
}
