import type { Scenario } from '../scenario.ts';
import { changingSettings, oneFreeSlot, thousandWaiters } from './many-producers.ts';
import { failover } from './failover.ts';
import { faultPoints } from './fault-points.ts';
import { jumpingClock } from './jumping-clock.ts';
import { lateCopy } from './late-copy.ts';
import { lateResend } from './late-resend.ts';
import { cutConnections, forgottenScripts, restarts } from './redis-trouble.ts';
import { stoppedProducer } from './stopped-producer.ts';

/** Scenarios that take seconds, and run with every test. */
export const quickScenarios: readonly Scenario[] = [
  faultPoints,
  stoppedProducer,
  lateCopy,
  restarts,
  forgottenScripts,
  cutConnections,
  failover,
  jumpingClock,
  oneFreeSlot,
  changingSettings,
];

/** The longest first, because they run at once. */
export const scenarios: readonly Scenario[] = [thousandWaiters, lateResend, ...quickScenarios];
