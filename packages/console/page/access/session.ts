import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useState } from 'preact/hooks';
import { ask } from '../api/ask.ts';
import { REFUSED } from '../live/live-feed.ts';

/** Who this page is to the service, and what it may do. */
export interface Session {
  readonly signedIn: boolean;
  readonly client?: string;
  readonly verbs: readonly string[];
}

interface SessionAccess {
  readonly session: Session;
  /** Asks again who this page is. */
  readonly check: () => void;
}

export const SessionContext = createContext<SessionAccess>({
  session: { signedIn: false, verbs: [] },
  check: () => undefined,
});

export function useSession(): SessionAccess {
  return useContext(SessionContext);
}

interface SessionState {
  /** Null until the service has said. */
  readonly session: Session | null;
  readonly failed: string | null;
  readonly check: () => void;
}

/** Asks at the start, and when the service has refused something. */
export function useSessionState(): SessionState {
  const [session, setSession] = useState<Session | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const check = useCallback(() => {
    ask<Session>('v1/session').then(
      (answer) => {
        setFailed(null);
        setSession(answer);
      },
      (error: Error) => setFailed(error.message),
    );
  }, []);
  useEffect(() => {
    check();
    addEventListener(REFUSED, check);
    return () => removeEventListener(REFUSED, check);
  }, [check]);
  return { session, failed, check };
}
