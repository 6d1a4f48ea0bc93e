export { greet } from './greet.ts';
export { greetings } from './queues.ts';
