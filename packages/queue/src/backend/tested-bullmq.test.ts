import { expect, it } from 'vitest';
import { refuseUntestedBullmq } from './tested-bullmq.ts';

it('takes any patch of a tested minor version', () => {
  expect(() => refuseUntestedBullmq('6.7.0', false)).not.toThrow();
  expect(() => refuseUntestedBullmq('6.7.19', false)).not.toThrow();
});

it('refuses an unknown minor version and says how to go on', () => {
  expect(() => refuseUntestedBullmq('6.8.0', false)).toThrow('allowUntestedBullmq');
  expect(() => refuseUntestedBullmq('6.70.0', false)).toThrow('6.7.x');
});

it('goes on with an unknown one when told to', () => {
  expect(() => refuseUntestedBullmq('7.0.0', true)).not.toThrow();
});
