// The files of page/ become part of the program here, so that the page is there wherever the program runs. A new file is an array
// and an entry in the list.

#include "CWeb.h"

static const char index_html[] = {
#embed "page/index.html"
};

static const char wall_css[] = {
#embed "page/wall.css"
};

static const char icon_svg[] = {
#embed "page/icon.svg"
};

static const char main_js[] = {
#embed "page/main.js"
};

static const char model_js[] = {
#embed "page/model.js"
};

static const char render_js[] = {
#embed "page/render.js"
};

static const char chart_js[] = {
#embed "page/chart.js"
};

static const char steering_js[] = {
#embed "page/steering.js"
};

static const CWebFile files[] = {
    {"/", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"/wall/wall.css", "text/css; charset=utf-8", wall_css, sizeof wall_css},
    {"/wall/icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
    {"/wall/main.js", "text/javascript; charset=utf-8", main_js, sizeof main_js},
    {"/wall/model.js", "text/javascript; charset=utf-8", model_js, sizeof model_js},
    {"/wall/render.js", "text/javascript; charset=utf-8", render_js, sizeof render_js},
    {"/wall/chart.js", "text/javascript; charset=utf-8", chart_js, sizeof chart_js},
    {"/wall/steering.js", "text/javascript; charset=utf-8", steering_js, sizeof steering_js},
};

const CWebFile *cweb_files(size_t *count)
{
    *count = sizeof files / sizeof files[0];
    return files;
}
