// How a value that somebody wrote is shown in a message: quoted, on one line, never long.

const LONGEST_SHOWN = 80;

export function quote(value: string): string {
  const shown = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
  return JSON.stringify(shown);
}
