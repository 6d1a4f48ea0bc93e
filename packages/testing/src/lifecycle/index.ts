export { type Startable, stressLifecycle } from './lifecycle-stress.ts';
