/** Tells the newest signed checkpoint of the audit log, so that every answer carries it and clients keep outside memory. Filled by `audit`. */
export abstract class CheckpointSource {
  abstract latest(): { size: number; rootBase64: string } | null;
}
