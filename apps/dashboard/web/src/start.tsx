/** The web application's start: theme, data, routes. */
import "./styles/first.css";
import "@mantine/notifications/styles.layer.css";
import "./figures.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client.ts";
import { queryClient } from "./api/query-client.ts";
import { DialogPlace, showDialog } from "./dialog/dialog-place.tsx";
import { router } from "./router.tsx";
import { styleNonce } from "./style-nonce.ts";
import { cssVariables, theme } from "./theme.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

// A question about what is on a page goes with the page.
router.subscribe("onBeforeNavigate", ({ pathChanged }) => {
  if (pathChanged) showDialog(null);
});

createRoot(root, {
  onCaughtError(error) {
    // The page says it itself: a thing that is not there is no fault of the program.
    if (!(error instanceof ApiError)) console.error(error);
  },
}).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    defaultColorScheme="auto"
    getStyleNonce={() => styleNonce}
  >
    <QueryClientProvider client={queryClient}>
      {/* Where no button is: lists have their menus at the right, down to the last row. */}
      <Notifications position="top-center" />
      <RouterProvider router={router} />
      <DialogPlace />
    </QueryClientProvider>
  </MantineProvider>,
);
