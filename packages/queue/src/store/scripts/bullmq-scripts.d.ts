// BullMQ has types for its modules, but not for their CommonJS form, which is the one that both Node and bundlers can load.
declare module 'bullmq/dist/cjs/scripts/index.js' {
  export const moveToFinished: { readonly name: string; readonly content: string; readonly keys: number };
}
