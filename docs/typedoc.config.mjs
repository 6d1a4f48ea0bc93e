// The reference: a page for each name that a public package exports, made of its docstring. A link that leads nowhere is an error.
import { entryPoints } from './site/entry-points.mjs';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  // The page of all hierarchies has no place for a type that extends a part of another.
  includeHierarchySummary: false,
  name: 'Sluice: reference',
  tsconfig: 'tsconfig.reference.json',
  plugin: ['./site/name-modules.mjs'],
  entryPoints: entryPoints.map(({ file }) => file),
  out: 'public/reference',
  readme: 'none',
  titleLink: '../index.html',
  disableSources: true,
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  skipErrorChecking: true, // `pnpm check` does that, with the TypeScript of the code
  validation: { invalidLink: true, notExported: false, notDocumented: false },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
