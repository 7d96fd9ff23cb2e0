/** Text as the platform takes it: cut to a length, whole characters only, no NUL. What a job says must not cost it its lease. */
export function sendableText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll('\0', '\ufffd');
}
