#include "client.hpp"

int main(int count, char** arguments) {
    int ran = 0, failed = 0;
    for (auto& test : tests()) {
        if (count > 1 && !strstr(test.name, arguments[1])) continue;
        AutoreleasePool pool;
        int before = failures;
        shown = 0;
        take_errors();
        softmetal_set_fault("");
        test.body();
        ran++;
        failed += failures > before;
        printf("%s %s\n", failures > before ? "FAILED" : "passed", test.name);
        fflush(stdout);
    }
    printf("%d passed, %d failed\n", ran - failed, failed);
    return failed != 0 || ran == 0;
}
