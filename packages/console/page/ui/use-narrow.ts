import { useEffect, useState } from 'preact/hooks';

const query = matchMedia('(max-width: 900px)');

/** Whether tables are cards, as in the styles. */
export function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const read = (): void => setNarrow(query.matches);
    query.addEventListener('change', read);
    return () => query.removeEventListener('change', read);
  }, []);
  return isNarrow;
}
