// Monaco's entry module names its diff editors. No editor here is one, and without them it is 60 KB smaller.

export class DiffEditorWidget {}
export class MultiDiffEditorWidget {}
