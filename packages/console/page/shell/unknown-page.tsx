import type { JSX } from 'preact';
import { Link } from 'wouter-preact';

export function UnknownPage(): JSX.Element {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <Link href="/">All queues</Link>
      </p>
    </>
  );
}
