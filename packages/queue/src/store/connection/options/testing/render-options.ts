import type { OptionTable, OptionTreatment } from '../option-treatment.ts';

/** The rows of a table as docs/operations.md shows them. */
export function renderOptions(table: OptionTable): string {
  const lines = Object.entries(table).map(
    ([name, row]) => `| \`${name}\` | ${treatmentOf(row)} | ${row.why} | ${backendOf(row)} |`,
  );
  return `${['| option | treatment | reason, or alternative | with `createBoundedBackend` |', '| --- | --- | --- | --- |', ...lines].join('\n')}\n`;
}

function treatmentOf(row: OptionTreatment): string {
  switch (row.kind) {
    case 'taken':
      return 'taken over';
    case 'called':
      return row.orValue
        ? 'taken over; a function is called on the main thread'
        : 'taken over; called on the main thread';
    case 'ours':
      return row.value === undefined
        ? 'left out'
        : `set to ${typeof row.value === 'function' ? 'one of Sluice’s' : `\`${JSON.stringify(row.value)}\``}`;
    case 'refused':
      return row.byPoolsOnly ? 'taken over by producers; refused by pools and consumers' : 'refused';
    default:
      return row satisfies never;
  }
}

function backendOf({ backend }: OptionTreatment): string {
  if (backend === 'refused') return 'refused';
  return backend === 'not where it waits' ? 'left out on a connection that waits' : 'as with BullMQ';
}
