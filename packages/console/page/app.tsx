import type { JSX } from 'preact';
import { Route, Router, Switch } from 'wouter-preact';
import { AccessPage } from './access/access-page.tsx';
import { SignInPage } from './access/sign-in-page.tsx';
import { SessionContext, useSessionState } from './access/session.ts';
import { useHashLocation } from './hash-location.ts';
import { JobPage } from './job/job-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { QueuePage } from './queue/queue-page.tsx';
import { Shell } from './shell/shell.tsx';
import { UnknownPage } from './shell/unknown-page.tsx';

/** The pages by their addresses, which are kept behind the # so that the page works at any path of any server. */
export function App(): JSX.Element | null {
  const state = useSessionState();
  if (!state.session) return state.failed === null ? null : <p class="notice bad">{state.failed}</p>;
  return (
    <SessionContext.Provider value={{ session: state.session, check: state.check }}>
      <Router hook={useHashLocation}>
        <Shell>{state.session.verbs.includes('read') ? <Pages /> : <SignInPage />}</Shell>
      </Router>
    </SessionContext.Provider>
  );
}

function Pages(): JSX.Element {
  return (
    <Switch>
      <Route path="/" component={OverviewPage} />
      <Route path="/access" component={AccessPage} />
      <Route path="/queues/:queue/jobs/:id" component={JobPage} />
      <Route path="/queues/:queue/:tab?" component={QueuePage} />
      <Route component={UnknownPage} />
    </Switch>
  );
}
