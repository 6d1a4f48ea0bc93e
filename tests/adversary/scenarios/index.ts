import type { Scenario } from '../scenario.ts';
import { changingSettings, oneRoom, thousandWaiters } from './many-producers.ts';
import { failover } from './failover.ts';
import { faultPoints } from './fault-points.ts';
import { jumpingClock } from './jumping-clock.ts';
import { lateCopy } from './late-copy.ts';
import { lateResend } from './late-resend.ts';
import { cutWires, forgottenScripts, restarts } from './redis-trouble.ts';
import { stoppedProducer } from './stopped-producer.ts';

/** What takes seconds, and so runs with every test. */
export const quickScenarios: readonly Scenario[] = [
  faultPoints,
  stoppedProducer,
  lateCopy,
  restarts,
  forgottenScripts,
  cutWires,
  failover,
  jumpingClock,
  oneRoom,
  changingSettings,
];

/** The longest first: they run side by side. */
export const scenarios: readonly Scenario[] = [thousandWaiters, lateResend, ...quickScenarios];
