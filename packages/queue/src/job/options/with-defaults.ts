/** The defaults, and over them what was given. What is `undefined` counts as left out, as it does in {@link checkOptions}. */
export function withDefaults<Options extends object>(
  defaults: Options,
  given: { readonly [Name in keyof Options]?: Options[Name] | undefined } = {},
): Options {
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
  return { ...defaults, ...(Object.fromEntries(Object.entries(given).filter(isGiven)) as Partial<Options>) };
}
