import { expect, it } from 'vitest';
import { refuseUntestedBullmq } from './tested-bullmq.ts';

it('takes any patch of a tested minor version', () => {
  expect(() => refuseUntestedBullmq('6.7.0', false)).not.toThrow();
  expect(() => refuseUntestedBullmq('6.7.19', false)).not.toThrow();
  expect(() => refuseUntestedBullmq('6.5.4', false)).not.toThrow();
});

it('refuses an unknown minor version and says how to go on', () => {
  expect(() => refuseUntestedBullmq('6.8.0', false)).toThrow('allowUntestedBullmq');
  expect(() => refuseUntestedBullmq('6.70.0', false)).toThrow('6.5.x, 6.7.x');
  expect(() => refuseUntestedBullmq('6.6.0', false)).toThrow('SLUICE_ALLOW_UNTESTED_BULLMQ=true');
});

it('accepts an unknown one when allowed to', () => {
  expect(() => refuseUntestedBullmq('7.0.0', true)).not.toThrow();
});
