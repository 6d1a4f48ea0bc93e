/** For `catch` of a put: null where it was called off before it was sent. */
export function nullIfAborted(signal: AbortSignal): (error: unknown) => null {
  return (error) => {
    if (error === signal.reason) return null;
    throw error;
  };
}
