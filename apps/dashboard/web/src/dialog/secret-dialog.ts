/** A dialog that makes what is shown once: it would be lost to a slip, and nobody would know that it was made. */

/**
 * For a Modal or a Drawer.
 * @param making what it makes: while that is under way nothing closes the dialog, afterwards only a button
 */
export function secretDialog(making: { isPending: boolean; isSuccess: boolean }, onClose: () => void) {
  const isIdle = !making.isPending && !making.isSuccess;
  return {
    onClose: () => {
      if (!making.isPending) onClose();
    },
    closeOnClickOutside: isIdle,
    closeOnEscape: isIdle,
  };
}
