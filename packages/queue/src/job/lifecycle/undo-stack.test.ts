import { expect, it } from 'vitest';
import { UndoStack } from './undo-stack.ts';

it('undoes the last first, each once', async () => {
  const undone: string[] = [];
  const undo = new UndoStack();
  const resource = { [Symbol.asyncDispose]: async () => void undone.push('used') };
  expect(undo.use(resource)).toBe(resource);
  undo.defer(() => undone.push('deferred'));
  await undo[Symbol.asyncDispose]();
  await undo.disposeAsync();
  expect(undone).toEqual(['deferred', 'used']);
});

it('undoes nothing after it handed all over', async () => {
  const undone: string[] = [];
  const undo = new UndoStack();
  undo.defer(() => undone.push('moved'));
  const other = undo.move();
  await undo.disposeAsync();
  expect(undone).toEqual([]);
  await other.disposeAsync();
  expect(undone).toEqual(['moved']);
});

it('undoes the rest when a step fails, and reports every failure', async () => {
  const undone: string[] = [];
  const undo = new UndoStack();
  undo.defer(() => undone.push('first'));
  undo.defer(() => Promise.reject(new Error('one')));
  await expect(undo.disposeAsync()).rejects.toThrow('one');
  expect(undone).toEqual(['first']);

  for (const name of ['one', 'two']) undo.defer(() => Promise.reject(new Error(name)));
  await expect(undo.disposeAsync()).rejects.toMatchObject({ errors: [{ message: 'two' }, { message: 'one' }] });
});
