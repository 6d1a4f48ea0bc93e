export { stressLifecycle } from './lifecycle-stress.ts';
