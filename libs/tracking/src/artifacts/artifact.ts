/** A stored file of a run or logged model. */
export interface StoredFile {
  /** Relative to its owner's root. */
  readonly path: string;
  readonly blobKey: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A file or folder directly below a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number;
}
