import { DefinitionError } from '../../job/errors/index.ts';

/** The minor versions of BullMQ whose scripts Sluice was tested with. The peer range of package.json says the same. */
export const testedBullmq: readonly string[] = ['6.5', '6.7'];

/** @throws DefinitionError for any other minor version, unless the caller allows it. */
export function refuseUntestedBullmq(version: string, allowed: boolean): void {
  const minor = version.split('.').slice(0, 2).join('.');
  if (allowed || testedBullmq.includes(minor)) return;
  const tested = testedBullmq.map((known) => `${known}.x`).join(', ');
  throw new DefinitionError(
    `BullMQ ${version} is not one that Sluice was tested with (${tested}); set allowUntestedBullmq to go on, in a service SLUICE_ALLOW_UNTESTED_BULLMQ=true`,
  );
}
