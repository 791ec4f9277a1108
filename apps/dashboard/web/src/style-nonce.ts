/** The nonce of this page: styles that scripts add must carry it. */
import { setNonce } from "get-nonce";

export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";

// For what the component library stands on: it locks scrolling behind dialogs with a style of its own.
setNonce(styleNonce);
