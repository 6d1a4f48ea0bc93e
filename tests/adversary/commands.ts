import type { CommandMatch } from '@sluice/testing/faults';

// Scripts are sent by their digest, so they are recognised by their arguments.

export const isAdmission: CommandMatch = (command) => command.includes('"mode":"each"');

export const isLeaving: CommandMatch = (command) =>
  !isAdmission(command) && /\r\neval(sha)?\r\n/i.test(command) && command.includes('sluice:wake:');

export const isListening: CommandMatch = (command) => /\r\nxread\r\n/i.test(command);
