/** A value that `JSON.stringify` writes as this text; TypeScript does not know it yet. */
export const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
