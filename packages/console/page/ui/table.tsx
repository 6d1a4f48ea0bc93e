import type { ComponentChildren, JSX } from 'preact';

/** The head of a table whose rows become cards where it is narrow; the roles stay then, too. */
export function Table({
  label,
  columns,
  children,
}: {
  label: string;
  columns: readonly string[];
  children: ComponentChildren;
}): JSX.Element {
  return (
    <table role="table" class="cards" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">{children}</tbody>
    </table>
  );
}

/** A cell with the name of its column, for where there is no head. */
export function Cell({ label, children }: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <td role="cell" data-label={label}>
      <div class="value">{children}</div>
    </td>
  );
}
