/** A job's state for people, with what its name does not tell. */
export function shownState({ state, heldBack }: { state: string; heldBack?: true | undefined }): string {
  return heldBack ? `${state} (held back)` : state;
}
