// A message head with fields of the test's choice, as a parser would have located them.
import { type Head, OFFSETS_PER_FIELD } from '../../src/proxy/codec/head.ts';

export function fill<H extends Head>(head: H, fields: readonly (readonly [name: string, value: string])[]): H {
  for (const [name, value] of fields) {
    const nameStart = head.text.length;
    const valueStart = nameStart + name.length + 2;
    head.offsets.set(
      [nameStart, nameStart + name.length, valueStart, valueStart + value.length],
      head.fieldCount * OFFSETS_PER_FIELD,
    );
    head.text += `${name}: ${value}\r\n`;
    head.fieldCount += 1;
  }
  return head;
}
