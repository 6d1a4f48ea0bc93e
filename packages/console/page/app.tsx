import type { JSX } from 'preact';
import { Route, Router, Switch } from 'wouter-preact';
import { useHashLocation } from './hash-location.ts';
import { JobPage } from './job/job-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { QueuePage } from './queue/queue-page.tsx';
import { Shell } from './shell/shell.tsx';
import { UnknownPage } from './shell/unknown-page.tsx';

/** The pages by their addresses, which are kept behind the # so that the page works at any path of any server. */
export function App(): JSX.Element {
  return (
    <Router hook={useHashLocation}>
      <Shell>
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/queues/:queue/jobs/:id" component={JobPage} />
          <Route path="/queues/:queue/:tab?" component={QueuePage} />
          <Route component={UnknownPage} />
        </Switch>
      </Shell>
    </Router>
  );
}
